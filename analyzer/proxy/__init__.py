"""What stands in front of an upgrade: tunnels through proxies, and what they tell of clients."""
