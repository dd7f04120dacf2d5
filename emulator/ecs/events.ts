import { randomUUID } from 'node:crypto';
import type { Context } from './context.js';
import type { ServiceRecord, TaskRecord } from './model.js';

// DescribeServices returns the 100 newest (Developer Guide, "Viewing Amazon ECS service event messages").
const KEPT_EVENTS = 100;

/** Adds a service event; `text` follows AWS's prefix `(service NAME) `. */
export function addEvent(context: Context, service: ServiceRecord, text: string): void {
  service.events.unshift({
    id: randomUUID(),
    atMs: context.clock.now(),
    message: `(service ${service.name}) ${text}`,
  });
  service.events.length = Math.min(service.events.length, KEPT_EVENTS);
}

/** `(task ID) (task ID)`, as AWS lists tasks in event messages. */
export function taskList(tasks: readonly TaskRecord[]): string {
  return tasks.map((task) => `(task ${task.id})`).join(' ');
}
