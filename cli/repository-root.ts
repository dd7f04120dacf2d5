import { existsSync } from 'node:fs';
import path from 'node:path';

/** The directory of the repository that a directory lies in; itself where it lies in none. */
export function repositoryRoot(directory: string): string {
  const start = path.resolve(directory);
  for (let place = start; ; place = path.dirname(place)) {
    if (['.git', '.github'].some((name) => existsSync(path.join(place, name)))) return place;
    if (path.dirname(place) === place) return start;
  }
}
