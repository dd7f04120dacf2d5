import type { InputReader } from '../../shared/inputs.js';
import { readCommand } from './around.js';
import { readImage, type WantedImage } from './images.js';

/** What to run once. */
export interface TaskToRun {
  /** Absent: the definition's, or the image's. */
  readonly command: readonly string[] | undefined;
  /** Absent: the one that runs the image. */
  readonly container: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly cpu: number | undefined;
  readonly memoryMib: number | undefined;
  /** A task of the contract; absent: the service's own definition. */
  readonly task: string | undefined;
  readonly source: TaskSource;
}

export type TaskSource =
  /** What the service runs, or the task's live family holds. */
  | { readonly kind: 'running' }
  /** The latest revision of the live family. */
  | { readonly kind: 'latest' }
  /** The template with this image. */
  | { readonly kind: 'image'; readonly image: WantedImage };

export function readTaskToRun(reader: InputReader): TaskToRun {
  const image = readImage(reader, { required: false });
  const revision = reader.oneOf('revision', ['running', 'latest'], 'running');
  if (image !== undefined && reader.text('revision') !== undefined) {
    reader.problem('revision', 'input-conflict', 'does not go with an image');
  }
  return {
    command: readCommand(reader, 'task-command'),
    container: reader.text('task-container'),
    environment: reader.keyValues('task-env-vars'),
    // "Task definition parameters", task size: the range over all launch types.
    cpu: reader.integer('task-cpu', { min: 128, max: 196_608 }),
    memoryMib: reader.integer('task-memory', { min: 4, max: 3_145_728 }),
    task: reader.text('task'),
    source: image === undefined ? { kind: revision } : { kind: 'image', image },
  };
}
