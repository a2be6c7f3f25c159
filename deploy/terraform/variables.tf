variable "project" {
  description = "First part of every name and of the path of the secrets."
  type        = string
  default     = "slo-demo"
}

variable "environment" {
  description = "Second part of every name and of the path of the secrets."
  type        = string
  default     = "production"
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "subnet_id" {
  description = "Public subnet of the machine: one with a route to an internet gateway."
  type        = string
}

variable "site_address" {
  description = "Host name that the edge answers to. Point it to the output address."
  type        = string
}

variable "repository" {
  description = "Where the machine fetches this repository from, over HTTPS."
  type        = string
}

variable "revision" {
  description = "Full hash of the commit to run. Another one replaces the machine and keeps the data volume."
  type        = string
}

variable "image_id" {
  description = "Machine image of Ubuntu 24.04; null: the newest one of Canonical when the machine is made."
  type        = string
  default     = null
}

variable "instance_type" {
  description = "A type of the Nitro system, since volumes are found by their NVMe name."
  type        = string
  default     = "t3.medium"
}

variable "data_gibibytes" {
  description = "Size of the data volume: PostgreSQL, metrics, logs, images."
  type        = number
  default     = 50

  validation {
    condition     = var.data_gibibytes >= 20
    error_message = "data_gibibytes is at least 20."
  }
}

variable "visitors" {
  description = "Networks that may reach the edge on ports 80 and 443."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "generate_missing_secrets" {
  description = "Whether the machine may make a secret that is missing. It may never replace one."
  type        = bool
  default     = false
}
