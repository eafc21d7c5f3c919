# Made by `aliyun-ops rule export --format terraform` from the configuration: change that, and make this again.
# Needs aliyun/alicloud 1.244.0 or later, for dead-letter policies.

data "alicloud_account" "current" {}

data "alicloud_regions" "current" {
  current = true
}

locals {
  account_id = data.alicloud_account.current.id
  region     = data.alicloud_regions.current.regions[0].id
}

resource "alicloud_message_service_queue" "dead_letters" {
  queue_name               = "spot-interruptions-dead"
  visibility_timeout       = 60
  polling_wait_seconds     = 30
  message_retention_period = 604800
  maximum_message_size     = 65536
  delay_seconds            = 0

  tags = {
    "spot-recreation:owner" = "default"
  }

  dlq_policy {
    enabled = false
  }
}

resource "alicloud_message_service_queue" "undelivered" {
  queue_name               = "spot-interruptions-undelivered"
  visibility_timeout       = 60
  polling_wait_seconds     = 30
  message_retention_period = 604800
  maximum_message_size     = 65536
  delay_seconds            = 0

  tags = {
    "spot-recreation:owner" = "default"
  }

  dlq_policy {
    enabled = false
  }
}

resource "alicloud_message_service_queue" "interruptions" {
  queue_name               = "spot-interruptions"
  visibility_timeout       = 60
  polling_wait_seconds     = 30
  message_retention_period = 604800
  maximum_message_size     = 65536
  delay_seconds            = 0

  tags = {
    "spot-recreation:owner" = "default"
  }

  dlq_policy {
    enabled                  = true
    max_receive_count        = 200
    dead_letter_target_queue = alicloud_message_service_queue.dead_letters.queue_name
  }
}

resource "alicloud_event_bridge_service_linked_role" "to_queues" {
  product_name = "AliyunServiceRoleForEventBridgeSendToMNS"
}

resource "alicloud_event_bridge_rule" "interruptions" {
  event_bus_name = "default"
  rule_name      = "spot-interruptions"
  description    = "aliyun-ops owner=default: spot interruptions to queue spot-interruptions"
  filter_pattern = "{\"source\":[\"acs.ecs\"],\"type\":[\"ecs:Instance:PreemptibleInstanceInterruption\"]}"
  status         = "ENABLE"

  targets {
    target_id           = "spot-interruptions"
    type                = "acs.mns.queue"
    endpoint            = "acs:mns:${local.region}:${local.account_id}:queues/spot-interruptions"
    push_retry_strategy = "EXPONENTIAL_DECAY_RETRY"

    param_list {
      resource_key = "queue"
      form         = "CONSTANT"
      value        = "spot-interruptions"
    }

    param_list {
      resource_key = "Body"
      form         = "ORIGINAL"
      value        = ""
    }

    param_list {
      resource_key = "IsBase64Encode"
      form         = "CONSTANT"
      value        = "true"
    }

    dead_letter_queue {
      arn = "acs:mns:${local.region}:${local.account_id}:/queues/spot-interruptions-undelivered"
    }
  }

  depends_on = [
    alicloud_message_service_queue.dead_letters,
    alicloud_message_service_queue.undelivered,
    alicloud_message_service_queue.interruptions,
    alicloud_event_bridge_service_linked_role.to_queues,
  ]
}
