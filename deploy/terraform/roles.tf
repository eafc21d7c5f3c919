locals {
  # One policy a file: worker.json for whoever recreates, the others for whoever runs the commands that they are named after.
  policies = toset([for file in fileset("${path.module}/../ram", "*.json") : trimsuffix(file, ".json")])
  # The instance of a worker runs the timers and `doctor`, too.
  worker_policies = toset(["worker", "doctor", "audit", "replay"])
}

resource "alicloud_ram_policy" "each" {
  for_each = local.policies

  policy_name     = "${var.name}-${each.key}"
  description     = "deploy/ram/${each.key}.json"
  policy_document = file("${path.module}/../ram/${each.key}.json")
}

resource "alicloud_ram_role" "worker" {
  role_name = "${var.name}-worker"

  assume_role_policy_document = jsonencode({
    Version = "1"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["ecs.aliyuncs.com"] }
    }]
  })
}

resource "alicloud_ram_role_policy_attachment" "worker" {
  for_each = local.worker_policies

  role_name   = alicloud_ram_role.worker.role_name
  policy_name = alicloud_ram_policy.each[each.key].policy_name
  policy_type = "Custom"
}

resource "alicloud_ecs_ram_role_attachment" "worker" {
  for_each = toset(var.worker_instance_ids)

  ram_role_name = alicloud_ram_role.worker.role_name
  instance_id   = each.key
}

resource "alicloud_ram_role" "function" {
  count = local.has_function ? 1 : 0

  role_name = "${var.name}-function"

  assume_role_policy_document = jsonencode({
    Version = "1"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["fc.aliyuncs.com"] }
    }]
  })
}

resource "alicloud_ram_role_policy_attachment" "function" {
  count = local.has_function ? 1 : 0

  role_name   = alicloud_ram_role.function[0].role_name
  policy_name = alicloud_ram_policy.each["worker"].policy_name
  policy_type = "Custom"
}

resource "alicloud_ram_role" "timed" {
  count = local.has_function ? 1 : 0

  role_name = "${var.name}-timed"

  assume_role_policy_document = jsonencode({
    Version = "1"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["fc.aliyuncs.com"] }
    }]
  })
}

resource "alicloud_ram_role_policy_attachment" "timed" {
  count = local.has_function ? 1 : 0

  role_name   = alicloud_ram_role.timed[0].role_name
  policy_name = alicloud_ram_policy.each["replay"].policy_name
  policy_type = "Custom"
}

output "worker_role" {
  description = "The role for the instances that workers run on."
  value       = alicloud_ram_role.worker.role_name
}
