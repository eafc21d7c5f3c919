locals {
  # What is in one of these queues needs a person.
  should_be_empty = {
    dead_letters = alicloud_message_service_queue.dead_letters.queue_name
    undelivered  = alicloud_message_service_queue.undelivered.queue_name
  }
}

resource "alicloud_cms_alarm" "should_be_empty" {
  for_each = var.contact_group == "" ? {} : local.should_be_empty

  name           = "${var.name}-${each.value}"
  project        = var.alarm_namespace
  metric         = var.alarm_metric
  contact_groups = [var.contact_group]
  period         = 300
  silence_time   = 3600

  metric_dimensions = jsonencode([{
    userId = local.account_id
    region = local.region
    queue  = each.value
  }])

  escalations_critical {
    statistics          = "Maximum"
    comparison_operator = ">"
    threshold           = "0"
    times               = 1
  }
}
