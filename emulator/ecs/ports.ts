/** What the emulator's registry knows about an image reference. */
export type ImageResolution =
  | {
      readonly kind: 'found';
      readonly digest: string;
      /** `ENV` of the image's own config. */
      readonly env: Readonly<Record<string, string>>;
      /** `os/architecture` of each manifest; empty when the image does not say. */
      readonly platforms: readonly string[];
    }
  | { readonly kind: 'missing' }
  /** An image that lives outside the emulator: taken as present. */
  | { readonly kind: 'unknown-registry' };

export interface Images {
  resolve(reference: string): Promise<ImageResolution>;
}

export interface Logs {
  put(group: string, stream: string, lines: readonly string[], timestampMs: number): Promise<void>;
}
