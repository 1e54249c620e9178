"""A model of who has which seat, driven beside the real service by many workers; see test_seat_model.py."""
