mock_provider "aws" {
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:111111111111:shop-main-queue-dev"
      id  = "https://sqs.eu-west-1.amazonaws.com/111111111111/shop-main-queue-dev"
      url = "https://sqs.eu-west-1.amazonaws.com/111111111111/shop-main-queue-dev"
    }
  }
}

variables {
  name = "shop-main-queue-dev"
}

run "is_a_standard_queue_with_a_dead_letter_queue" {
  assert {
    condition     = aws_sqs_queue.this.sqs_managed_sse_enabled
    error_message = "the queue must be encrypted"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy).maxReceiveCount == 5 && aws_sqs_queue.dead_letters.name == "shop-main-queue-dev-dead-letters"
    error_message = "failures go to the dead letter queue after five receives"
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.message_retention_seconds == 1209600
    error_message = "failures are kept as long as SQS can"
  }

  assert {
    condition     = length(aws_sqs_queue_policy.tls) == 2 && jsondecode(aws_sqs_queue_policy.tls["queue"].policy).Statement[0].Effect == "Deny"
    error_message = "both queues answer over TLS only"
  }
}

run "gives_a_task_what_it_needs_and_no_more" {
  assert {
    condition     = !contains(output.use_statements[0].actions, "sqs:*") && !contains(output.use_statements[0].actions, "sqs:DeleteQueue")
    error_message = "a task must not manage the queue"
  }

  assert {
    condition     = output.use_statements[0].resources == [aws_sqs_queue.this.arn]
    error_message = "only this queue"
  }
}

run "refuses_values_that_are_not_allowed" {
  command = plan

  variables {
    name                       = "orders.fifo"
    visibility_timeout_seconds = 43201
    retention_days             = 15
    max_receives               = 0
  }

  expect_failures = [var.name, var.visibility_timeout_seconds, var.retention_days, var.max_receives]
}
