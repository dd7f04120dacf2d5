import { runPost } from '../shared/run.js';
import { removeWorkDirectory, workDirectoryState } from './work-directory.js';

// The main step removes it too; this is for the one that was killed.
await runPost(async (context) => {
  const path = context.state(workDirectoryState);
  if (path !== '') await removeWorkDirectory(path);
});
