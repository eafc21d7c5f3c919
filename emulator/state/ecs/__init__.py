"""Elastic Compute Service 2014-05-26 as a model: instances, disks, images, snapshots, stock."""
