"""Programs that measure, one per figure; none of them is part of the product."""
