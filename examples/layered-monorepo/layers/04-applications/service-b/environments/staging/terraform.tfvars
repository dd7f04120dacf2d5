project     = "shop"
environment = "staging"
region      = "eu-west-1"

desired_count      = 1
task_size          = { cpu = 256, memory_mib = 512 }
log_retention_days = 30
