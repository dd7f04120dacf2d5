import { z } from 'zod';

/** The platform of an image, as an index names it (OCI image specification, "Image index"). */
export const platformSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
});

/** `os/architecture[/variant]`. */
export function platformName({
  os,
  architecture,
  variant,
}: z.infer<typeof platformSchema>): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}
