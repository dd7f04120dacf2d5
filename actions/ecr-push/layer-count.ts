import { z } from 'zod';
import type { RemoteImage } from './repository.js';

const manifestSchema = z.object({ layers: z.array(z.unknown()).optional() });

/** How many layers an image has; unknown for an index of several images. */
export function layerCountOf(image: RemoteImage | undefined): number | undefined {
  if (image === undefined) return undefined;
  const parsed = manifestSchema.safeParse(JSON.parse(image.manifest));
  return parsed.success ? parsed.data.layers?.length : undefined;
}
