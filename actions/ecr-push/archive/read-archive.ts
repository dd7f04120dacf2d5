import type { LocalImage } from '../image.js';
import { hasPlainLayers, isDockerSave, readDockerSave } from './docker-save.js';
import { openArchiveFiles } from './files.js';
import { isOciLayout, readOciLayout } from './oci-layout.js';
import { archiveError } from './problems.js';

/**
 * Reads an image from an OCI image layout (directory, tar, gzipped tar) or a `docker save` tar.
 *
 * The digest of an OCI layout is kept. Newer Docker writes both shapes at once, with layers that
 * are not compressed: those are compressed, which makes a manifest of its own.
 *
 * @param request `path` is absolute, `shownPath` as the user wrote it
 * @throws UserError with one of the codes of `archiveError`, before anything is sent
 */
export async function readArchive(request: {
  readonly path: string;
  readonly shownPath: string;
  readonly workDirectory: string;
}): Promise<LocalImage> {
  const files = await openArchiveFiles(request.path, request.shownPath, request.workDirectory);
  const saved = isDockerSave(files);
  if (isOciLayout(files) && !(saved && (await hasPlainLayers(files)))) return readOciLayout(files);
  if (saved) return readDockerSave(files, request.workDirectory);
  throw archiveError(
    'archive-not-an-image',
    request.shownPath,
    'holds neither oci-layout and index.json nor manifest.json',
    'give what "docker save", "buildah push … oci-archive:…" or "skopeo copy … oci:…" wrote',
  );
}
