"""Sound, and text made sound: URLs, texts and recordings come in, files and links the switch can play go out."""
