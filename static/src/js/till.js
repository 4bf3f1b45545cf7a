// Till keys and scanner. Shared behaviour comes from app.js, loaded before this file.
