variable "project" {
  description = "Name of the project."
  type        = string
}

variable "environment" {
  description = "Name of the environment."
  type        = string
}

variable "region" {
  description = "AWS region of the environment."
  type        = string
}

variable "container_insights" {
  description = "CloudWatch Container Insights: disabled, enabled, enhanced."
  type        = string
}

variable "capacity_providers" {
  description = "Capacity providers that the cluster offers: FARGATE, FARGATE_SPOT. Empty means Fargate by launch type."
  type        = set(string)
}
