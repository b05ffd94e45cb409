"""An API Gateway WebSocket API on your own machine. It knows routes and connections, no chat."""
