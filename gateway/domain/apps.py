"""Apps (tenants), their keys, endpoints and numbers."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class App:
    id: str
    name: str
    created_at: int
    answer_url: str = ""
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ApiKey:
    """Only the SHA-256 of a key is kept; `expires_at` is set when it was rotated and overlaps its successor."""

    key_hash: str
    app_id: str
    created_at: int
    expires_at: int | None = None


@dataclass(frozen=True)
class Endpoint:
    """Where an app gets webhooks. `patterns` None means everything but talking_*; `secrets` newest first."""

    id: str
    app_id: str
    url: str
    created_at: int
    patterns: list[str] | None = None
    secrets: list[str] = field(default_factory=list)
    old_secret_expires_at: int | None = None
    disabled_at: int | None = None
    disabled_reason: str = ""


@dataclass(frozen=True)
class Number:
    """`digits` without a leading +."""

    digits: str
    app_id: str
    created_at: int
