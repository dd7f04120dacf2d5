project     = "shop"
environment = "production"
region      = "eu-west-1"

desired_count      = 3
task_size          = { cpu = 512, memory_mib = 1024 }
log_retention_days = 365
