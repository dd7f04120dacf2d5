/** A record of a review as a file; what is in it is not looked at here. */
export interface RecordFile {
  readonly name: string;
  readonly text: string;
}

/** Where a record was left. */
export interface PublishedRecord {
  readonly name: string;
  /** For people: what it lies in. */
  readonly place: string;
  /** Of the artifact. */
  readonly id: number | undefined;
  /** `sha256:…` of the file. */
  readonly digest: string | undefined;
}

/** Keeps what a plan leaves for the apply. */
export interface RecordStore {
  /** @throws OperationError `record-exists` where the run has a record of this name */
  publish(file: RecordFile): Promise<PublishedRecord>;
}

/** Larger ones are neither written nor read: 10,000 stacks' digests have room. */
export const maximumRecordBytes = 64 * 1024 * 1024;
