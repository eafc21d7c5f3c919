"""Load balancers: classic (CLB), application (ALB) and network (NLB), as far as their members go."""
