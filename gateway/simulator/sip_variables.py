"""The channel variables of a SIP caller, made from the few values in which two callers differ; nothing is kept."""

from gateway.simulator.profiles import CallerProfile

_SDP_HEAD = "IN IP4 127.0.0.1\r\ns={name}\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n"
_SDP_CODECS = "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
_REMOTE_SDP = "v=0\r\no=u 1 1 " + _SDP_HEAD.format(name="-", port=10420) + _SDP_CODECS
_LOCAL_SDP = (
    "v=0\r\no=FreeSWITCH 1795190672 1795190673 "
    + _SDP_HEAD.format(name="FreeSWITCH", port=30796)
    + _SDP_CODECS
    + "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
_MEDIA = {
    "switch_r_sdp": _REMOTE_SDP,
    "ep_codec_string": "CORE_PCM_MODULE.PCMU@8000h@20i@64000b",
    "rtp_use_codec_string": "PCMU,PCMA",
    "remote_video_media_flow": "inactive",
    "remote_text_media_flow": "inactive",
    "remote_audio_media_flow": "sendrecv",
    "audio_media_flow": "sendrecv",
    "remote_media_ip": "127.0.0.1",
    "remote_media_port": "10420",
    "rtp_audio_recv_pt": "0",
    "rtp_use_codec_name": "PCMU",
    "rtp_use_codec_rate": "8000",
    "rtp_use_codec_ptime": "20",
    "rtp_use_codec_channels": "1",
    "rtp_last_audio_codec_string": "PCMU@8000h@20i@1c",
    "read_codec": "PCMU",
    "original_read_codec": "PCMU",
    "read_rate": "8000",
    "original_read_rate": "8000",
    "write_codec": "PCMU",
    "write_rate": "8000",
    "dtmf_type": "rfc2833",
}
_ANSWERED = {
    "rtp_local_sdp_str": _LOCAL_SDP,
    "local_media_ip": "127.0.0.1",
    "local_media_port": "30796",
    "advertised_media_ip": "127.0.0.1",
    "rtp_use_timer_name": "soft",
    "rtp_use_pt": "0",
    "rtp_use_ssrc": "386599236",
    "rtp_2833_send_payload": "101",
    "rtp_2833_recv_payload": "101",
    "sip_cseq": "1",
}


def sip_variables(
    name: str, profile: CallerProfile, created_us: int, codec: str, answered: bool, inbound: bool
) -> dict[str, str]:
    """Only the codec for legs that are not SIP."""
    if not name.startswith("sofia/"):
        return {"read_codec": codec, "read_rate": "8000", "write_codec": codec, "write_rate": "8000"} if codec else {}
    _, sip_profile, address = name.split("/", 2)
    user, _, host = address.partition("@")
    out = {
        "sofia_profile_name": sip_profile,
        "sofia_profile_url": "sip:mod_sofia@127.0.0.1:5080",
        "recovery_profile_name": sip_profile,
        "video_media_flow": "disabled",
        "text_media_flow": "disabled",
    }
    if inbound:
        out |= _signalling(host or "127.0.0.1", profile, created_us)
        if answered:
            out["sip_to_tag"] = f"t{created_us}"
    return out | (_MEDIA if codec else {}) | (_ANSWERED if answered else {})


def _signalling(host: str, profile: CallerProfile, created_us: int) -> dict[str, str]:
    host_name, _, port = host.partition(":")
    port = port or "5060"
    number, dialled = profile.caller_number, profile.rdnis or profile.destination
    tag = f"f{created_us}"
    return {
        "sip_from_user": number,
        "sip_from_port": port,
        "sip_from_uri": f"{number}@{host}",
        "sip_from_host": host_name,
        "sip_from_user_stripped": number.lstrip("+"),
        "sip_from_tag": tag,
        "sip_from_display": profile.caller_name,
        "sip_call_id": f"{created_us}@{host_name}",
        "sip_full_from": f'"{profile.caller_name}" <sip:{number}@{host}>;tag={tag}',
        "sip_full_to": f"<sip:{dialled}@127.0.0.1:5080>",
        "sip_full_via": f"SIP/2.0/UDP {host};branch=z9hG4bK-{created_us}",
        "sip_via_protocol": "udp",
        "sip_via_host": host_name,
        "sip_via_port": port,
        "sip_local_network_addr": "127.0.0.1",
        "sip_network_ip": host_name,
        "sip_network_port": port,
        "sip_received_ip": host_name,
        "sip_received_port": port,
        "sip_invite_stamp": str(created_us),
        **_address("sip_req", dialled),
        **_address("sip_to", dialled),
        "sip_contact_user": "uac",
        "sip_contact_port": port,
        "sip_contact_uri": f"uac@{host}",
        "sip_contact_host": host_name,
        "max_forwards": "70",
        "DP_MATCH": f"ARRAY::{dialled}|:{dialled}",
    }


def _address(prefix: str, user: str) -> dict[str, str]:
    return {
        f"{prefix}_user": user,
        f"{prefix}_port": "5080",
        f"{prefix}_uri": f"{user}@127.0.0.1:5080",
        f"{prefix}_host": "127.0.0.1",
    }
