variable "name" {
  type        = string
  default     = "aliyun-ops"
  description = "Prefix of the names of roles, policies and alarms, and the name of the function."
}

variable "worker_instance_ids" {
  type        = list(string)
  default     = []
  description = "Instances that workers run on, which get the worker's role. None of them may be a spot instance."
}

variable "code_bucket" {
  type        = string
  default     = ""
  description = "OSS bucket with the function's package."
}

variable "code_object" {
  type        = string
  default     = ""
  description = "The package in the bucket; empty makes no function."
}

variable "signing_key" {
  type        = string
  default     = ""
  sensitive   = true
  description = "ALIYUN_OPS_SIGNING_KEY of the function. Terraform keeps it in its state: guard that."
}

variable "runtime" {
  type        = string
  default     = "python3.12"
  description = "Python that the package is for."
}

variable "contact_group" {
  type        = string
  default     = ""
  description = "CloudMonitor contact group; empty makes no alarms."
}

variable "trigger_async" {
  type        = bool
  default     = true
  description = "asyncInvocationType of the function's trigger. The documents of the two versions of the API say the opposite of it."
}

variable "alarm_namespace" {
  type        = string
  default     = "acs_mns_new"
  description = "CloudMonitor namespace of the metric; acs_smq is the newer one."
}

variable "alarm_metric" {
  type        = string
  default     = "ActiveMessages"
  description = "Metric of the messages that can be seen in a queue."
}
