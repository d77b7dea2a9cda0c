"""The only room that knows marshmallow: JSON comes in and values go out, values come in and JSON goes out."""
