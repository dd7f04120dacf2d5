import { jsonInput, type Handler } from '../call.js';

/**
 * The gap: moto knows the backup policy of a file system from its creation alone.
 *
 * Kept here by file system from the first change on (Amazon EFS API reference, "PutBackupPolicy",
 * "DescribeBackupPolicy").
 */
export function createEfsBackupPolicy(): Handler {
  const statuses = new Map<string, string>();

  return {
    handles: ({ service, operation }) =>
      service === 'elasticfilesystem' &&
      ['PutBackupPolicy', 'DescribeBackupPolicy', 'DeleteFileSystem'].includes(operation),

    async answer(call) {
      const fileSystem = /file-systems\/([^/]+)/.exec(call.head.path)?.[1] ?? '';
      const { operation } = call.identity;
      if (operation === 'PutBackupPolicy') {
        const { BackupPolicy } = jsonInput(call) as {
          readonly BackupPolicy?: { readonly Status?: string };
        };
        statuses.set(fileSystem, BackupPolicy?.Status ?? 'DISABLED');
      }
      const status = statuses.get(fileSystem);
      if (operation !== 'DeleteFileSystem' && status !== undefined) {
        const body = Buffer.from(JSON.stringify({ BackupPolicy: { Status: status } }));
        const headers = { 'content-type': 'application/json' };
        return { kind: 'response', response: { status: 200, headers, body } };
      }
      const response = await call.forward();
      if (operation === 'DeleteFileSystem' && response.status < 300) statuses.delete(fileSystem);
      return { kind: 'response', response };
    },

    reset: () => {
      statuses.clear();
    },
  };
}
