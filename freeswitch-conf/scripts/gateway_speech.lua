-- Speaks a text into a file and sends it to the gateway that asked.
--   lua gateway_speech.lua ID MODULE VOICE RATE LIMIT_S TEXT_IN_HEX UPLOAD_URL
--   lua gateway_speech.lua                                                       says its name
-- The text comes as hex digits and goes to the speech engine alone: never into an application, a variable or a shell.
-- Answers `+OK BYTES` or `-ERR what was wrong`.

local WAV_HEADER_BYTES = 44

local function speech(id, module, voice, rate, limit_s, hex, url)
   for name, word in pairs({ID = id, MODULE = module, VOICE = voice}) do
      if not word:match("^[%w_:-]+$") then return nil, name .. " is not a word" end
   end
   for name, number in pairs({RATE = rate, LIMIT_S = limit_s}) do
      if not number:match("^%d+$") then return nil, name .. " is not a number" end
   end
   if #hex == 0 or #hex % 2 > 0 or hex:match("[^0-9a-f]") then return nil, "TEXT_IN_HEX is not hex" end
   if not url:match("^https?://[^%s'\"\\${}|]+$") then return nil, "UPLOAD_URL is not a URL" end

   local api = freeswitch.API()
   local text = hex:gsub("%x%x", function(two) return string.char(tonumber(two, 16)) end)
   local file = freeswitch.getGlobalVariable("temp_dir") .. "/gateway_speech_" .. id .. ".wav"

   if file:match("[%s']") then return nil, "the folder for temporary files has a space in its name" end

   -- A channel that nobody hears; it leaves no detail record. Recorded is what is written to it alone, from the first
   -- frame on: with the default of 25 frames read ahead the recorder throws away a quarter of a second.
   local variables = "origination_caller_id_name=gateway_speech,process_cdr=false,RECORD_WRITE_ONLY=true," ..
      "RECORD_PRE_BUFFER_FRAMES=0,rate=" .. rate
   local session = freeswitch.Session("{" .. variables .. "}null/gateway_speech")
   if not session:ready() then return nil, "no channel to speak on (mod_loopback)" end
   session:setAutoHangup(true)
   api:execute("sched_hangup", "+" .. limit_s .. " " .. session:get_uuid() .. " ALLOTTED_TIMEOUT")
   session:execute("record_session", file)
   session:set_tts_params(module, voice)
   session:speak(text)
   local whole = session:ready()
   session:execute("stop_record_session", file)
   session:hangup()

   local content = io.open(file, "rb")
   local bytes = content and content:seek("end") or 0
   if content then content:close() end
   local sent, problem
   if not whole then
      problem = "not done after " .. limit_s .. " s"
   elseif bytes <= WAV_HEADER_BYTES then
      problem = "nothing was spoken: is there a TTS module " .. module .. " with a voice " .. voice .. "?"
   else
      sent = api:execute("http_put", url .. " " .. file)
      if not sent or not sent:match("^%+OK") then
         problem = "the file could not be sent: " .. tostring(sent and sent:match("%d+") or "no http_put (mod_http_cache)")
      end
   end
   os.remove(file)
   if problem then return nil, problem end
   return bytes
end

if not argv[1] then
   stream:write("+OK gateway_speech\n")
else
   local words = {}
   for i = 1, 7 do words[i] = argv[i] or "" end
   local bytes, problem = speech((table.unpack or unpack)(words))
   stream:write(bytes and ("+OK " .. bytes .. "\n") or ("-ERR " .. problem .. "\n"))
end
