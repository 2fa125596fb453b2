"""Suggestions learned from what people have coded: training, cold start, reasons, evaluation."""
