/**
 * GitHub docs, "Passing information between jobs": outputs of a job are at most 1 MB in UTF-16,
 * that is, 524,288 units; what other steps of the job write needs room too.
 */
export const roomCharacters = 400_000;
