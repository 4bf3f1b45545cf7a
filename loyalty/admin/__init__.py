"""The loyalty programme in the back office."""

from loyalty.admin import exchange, members, programme, rewards

__all__ = ["exchange", "members", "programme", "rewards"]
