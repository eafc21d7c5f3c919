locals {
  has_function = var.code_object != ""
}

resource "alicloud_fcv3_function" "worker" {
  count = local.has_function ? 1 : 0

  function_name   = var.name
  handler         = "worker.function.handler"
  runtime         = var.runtime
  cpu             = 0.35
  memory_size     = 512
  disk_size       = 512
  timeout         = 600
  internet_access = true
  role            = alicloud_ram_role.function[0].arn

  code {
    oss_bucket_name = var.code_bucket
    oss_object_name = var.code_object
  }

  environment_variables = {
    ALIYUN_OPS_SIGNING_KEY = var.signing_key
  }
}

resource "alicloud_fcv3_concurrency_config" "worker" {
  count = local.has_function ? 1 : 0

  function_name        = alicloud_fcv3_function.worker[0].function_name
  reserved_concurrency = 5
}

resource "alicloud_fcv3_async_invoke_config" "worker" {
  count = local.has_function ? 1 : 0

  function_name                  = alicloud_fcv3_function.worker[0].function_name
  max_async_retry_attempts       = 2
  max_async_event_age_in_seconds = 3600
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
  trigger_name  = "interruptions"
  trigger_type  = "eventbridge"
  qualifier     = "LATEST"

  trigger_config = jsonencode({
    triggerEnable          = true
    asyncInvocationType    = true
    eventRuleFilterPattern = alicloud_event_bridge_rule.interruptions.filter_pattern
    eventSourceConfig      = { eventSourceType = "Default" }
    eventSinkConfig = {
      deliveryOption = { mode = "event-driven", eventSchema = "CloudEvents" }
    }
    runOptions = {
      mode            = "event-driven"
      errorsTolerance = "ALL"
      retryStrategy   = { PushRetryStrategy = "BACKOFF_RETRY" }
    }
  })
}

# What waits in the queue waits for this.
resource "alicloud_fcv3_trigger" "timer" {
  count = local.has_function ? 1 : 0

  function_name = alicloud_fcv3_function.worker[0].function_name
  trigger_name  = "timer"
  trigger_type  = "timer"
  qualifier     = "LATEST"

  trigger_config = jsonencode({
    cronExpression = "@every 1m"
    enable         = true
    payload        = ""
  })
}
