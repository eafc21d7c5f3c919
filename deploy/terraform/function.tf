locals {
  has_function = var.code_object != ""
}

resource "alicloud_fcv3_function" "worker" {
  count = local.has_function ? 1 : 0

  function_name   = var.name
  handler         = "worker.function.handler"
  runtime         = var.runtime
  cpu             = 0.25
  memory_size     = 256
  disk_size       = 512
  timeout         = 660
  internet_access = true
  role            = alicloud_ram_role.function[0].arn

  code {
    oss_bucket_name = var.code_bucket
    oss_object_name = var.code_object
  }

  environment_variables = {
    ALIYUN_OPS_CONFIG      = "/code/config.yaml"
    ALIYUN_OPS_SIGNING_KEY = var.signing_key
  }
}

resource "alicloud_fcv3_concurrency_config" "worker" {
  count = local.has_function ? 1 : 0

  function_name        = alicloud_fcv3_function.worker[0].function_name
  reserved_concurrency = 2
}

resource "alicloud_fcv3_async_invoke_config" "worker" {
  count = local.has_function ? 1 : 0

  function_name                  = alicloud_fcv3_function.worker[0].function_name
  max_async_retry_attempts       = 0
  max_async_event_age_in_seconds = 3600

  destination_config {
    on_failure {
      destination = "acs:mns:${local.region}:${local.account_id}:/queues/${alicloud_message_service_queue.undelivered.queue_name}/messages"
    }
  }
}

# Without this role EventBridge invokes nothing and says nothing.
resource "alicloud_event_bridge_service_linked_role" "to_function" {
  count = local.has_function ? 1 : 0

  product_name = "AliyunServiceRoleForEventBridgeSendToFC"
}

# The quick way only: the rule delivers each event to the queue, too, so that nothing rests on this trigger.
resource "alicloud_fcv3_trigger" "interruptions" {
  count = local.has_function ? 1 : 0

  function_name = alicloud_fcv3_function.worker[0].function_name
  trigger_name  = "interruption"
  trigger_type  = "eventbridge"
  qualifier     = "LATEST"

  trigger_config = jsonencode({
    triggerEnable          = true
    asyncInvocationType    = var.trigger_async
    eventRuleFilterPattern = alicloud_event_bridge_rule.interruptions.filter_pattern
    eventSourceConfig      = { eventSourceType = "Default" }
    eventSinkConfig        = { deliveryOption = { eventSchema = "CloudEvents" } }
    runOptions = {
      mode            = "event-driven"
      errorsTolerance = "ALL"
      retryStrategy   = { PushRetryStrategy = "BACKOFF_RETRY" }
    }
  })
}

locals {
  # A timer has a minute at least; four of them come by every 15 seconds, for what waits in the queue.
  sweeps = {
    "sweep-00" = "0 * * * * *"
    "sweep-15" = "15 * * * * *"
    "sweep-30" = "30 * * * * *"
    "sweep-45" = "45 * * * * *"
  }
}

resource "alicloud_fcv3_trigger" "sweep" {
  for_each = var.code_object == "" ? {} : local.sweeps

  function_name = alicloud_fcv3_function.worker[0].function_name
  trigger_name  = each.key
  trigger_type  = "timer"
  qualifier     = "LATEST"

  trigger_config = jsonencode({
    cronExpression = each.value
    enable         = true
    payload        = ""
  })
}

# What timers run beside it, with a role that takes dead letters and changes no instance; it needs no signing key.
resource "alicloud_fcv3_function" "timed" {
  count = local.has_function ? 1 : 0

  function_name   = "${var.name}-timed"
  handler         = "worker.timed.handler"
  runtime         = var.runtime
  cpu             = 0.25
  memory_size     = 256
  disk_size       = 512
  timeout         = 600
  internet_access = true
  role            = alicloud_ram_role.timed[0].arn

  code {
    oss_bucket_name = var.code_bucket
    oss_object_name = var.code_object
  }

  environment_variables = {
    ALIYUN_OPS_CONFIG = "/code/config.yaml"
  }
}

resource "alicloud_fcv3_concurrency_config" "timed" {
  count = local.has_function ? 1 : 0

  function_name        = alicloud_fcv3_function.timed[0].function_name
  reserved_concurrency = 2
}

# What is late is of no use: the next timer looks again.
resource "alicloud_fcv3_async_invoke_config" "timed" {
  count = local.has_function ? 1 : 0

  function_name                  = alicloud_fcv3_function.timed[0].function_name
  max_async_retry_attempts       = 0
  max_async_event_age_in_seconds = 60
}

resource "alicloud_fcv3_trigger" "reconcile" {
  count = local.has_function ? 1 : 0

  function_name = alicloud_fcv3_function.timed[0].function_name
  trigger_name  = "reconcile"
  trigger_type  = "timer"
  qualifier     = "LATEST"

  trigger_config = jsonencode({
    cronExpression = "10 * * * * *"
    enable         = true
    payload        = "reconcile"
  })
}

resource "alicloud_fcv3_trigger" "dlq_keep" {
  count = local.has_function ? 1 : 0

  function_name = alicloud_fcv3_function.timed[0].function_name
  trigger_name  = "dlq-keep"
  trigger_type  = "timer"
  qualifier     = "LATEST"

  trigger_config = jsonencode({
    cronExpression = "0 20 3 * * *"
    enable         = true
    payload        = "dlq keep"
  })
}
