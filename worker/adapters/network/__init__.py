"""What hangs on an instance and can be carried over: addresses, interfaces, disks, memberships."""
