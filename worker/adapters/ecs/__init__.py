"""ECS and VPC behind the ports, over one seam (`call.EcsCall`) that the simulator binds too."""
