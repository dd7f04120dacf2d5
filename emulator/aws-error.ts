/**
 * An error as an AWS API answers it.
 *
 * `code` is the error's name in the service's API reference (`ClusterNotFoundException`);
 * `httpStatus` is 400 for the caller's faults, 5xx for the service's own; `fields` are further
 * members of the modelled error.
 */
export class AwsError extends Error {
  readonly code: string;
  readonly httpStatus: number;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    httpStatus = 400,
    fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.httpStatus = httpStatus;
    this.fields = fields;
  }
}
