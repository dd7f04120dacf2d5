import type { InputReader } from '../../shared/inputs.js';
import {
  digestPattern,
  parseImageReference,
  type ImageReference,
} from '../images/image-reference.js';

export type WantedImage =
  | { readonly kind: 'reference'; readonly reference: ImageReference }
  /** A digest in `repository`, or in the contract's repository. */
  | { readonly kind: 'digest'; readonly digest: string; readonly repository: string | undefined }
  /** What runs now, with the template's latest settings. */
  | { readonly kind: 'current' };

const referenceForm = '[host/]repository:tag or [host/]repository@sha256:…';

/** Reads the image of the main container; with `required`, one of the image inputs must be there. */
export function readImage(
  reader: InputReader,
  { required }: { readonly required: boolean },
): WantedImage | undefined {
  const image = reader.text('image');
  const digest = reader.matching(
    'image-digest',
    digestPattern,
    'a digest, sha256: and 64 hex digits',
  );
  const repository = reader.text('repository');
  const others = reader.text('images');
  if (image !== undefined && digest !== undefined) {
    reader.problem('image-digest', 'input-conflict', 'does not go with image');
  }
  if (repository !== undefined && digest === undefined) {
    reader.problem('repository', 'input-conflict', 'goes with image-digest alone');
  }
  if (digest !== undefined) return { kind: 'digest', digest, repository };
  if (image === 'current') return { kind: 'current' };
  if (image !== undefined) {
    const reference = pinnedReference(reader, 'image', image);
    return reference === undefined ? undefined : { kind: 'reference', reference };
  }
  if (required && others === undefined) {
    reader.problem(
      'image',
      'input-required',
      'is required',
      'image, image-digest or images; "current" deploys the image that runs now',
    );
  }
  return undefined;
}

/** Reads the images of further containers, by container name. */
export function readImages(reader: InputReader): Readonly<Record<string, ImageReference>> {
  return Object.fromEntries(
    Object.entries(reader.keyValues('images')).flatMap(([container, text]) => {
      const reference = pinnedReference(reader, 'images', text.trim());
      return reference === undefined ? [] : [[container, reference]];
    }),
  );
}

/** Without tag or digest a reference means `latest`, which is never what a rollout should say. */
function pinnedReference(
  reader: InputReader,
  input: string,
  text: string,
): ImageReference | undefined {
  const reference = parseImageReference(text);
  if (reference === undefined || (reference.tag ?? reference.digest) === undefined) {
    reader.problem(
      input,
      'image-malformed',
      `${JSON.stringify(text)} is no image with a tag or digest`,
      referenceForm,
    );
    return undefined;
  }
  return reference;
}
