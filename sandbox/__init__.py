"""A local Telegram and a local Slack over real HTTP and WebSocket, and the demo page on top of them."""
