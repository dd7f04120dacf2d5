import { imageFormat } from '../../../actions/ecr-push/engines/image-format.js';

it.each([
  ['nothing but files', 'FROM scratch\nCOPY a /a', undefined],
  [
    'what another stage built',
    'FROM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /a /a',
    undefined,
  ],
  [
    'a stage that comes from scratch',
    'FROM scratch AS base\nCOPY a /a\nFROM Base\nENV A=1',
    undefined,
  ],
  ['a stage that is asked for', 'FROM scratch AS small\nFROM debian', 'Small'],
  ['a platform', 'from --platform=$BUILDPLATFORM scratch', undefined],
  ['lines that go on', 'FROM \\\n# why\n  scratch\nCOPY a /a', undefined],
])('is OCI, the same on every machine, for an image of %s', (_what, dockerfile, target) =>
  expect(imageFormat(dockerfile, target)).toBe('oci'),
);

it.each([
  ['a base that may bring more', 'FROM debian', undefined],
  ['a base that an argument names', 'ARG BASE=scratch\nFROM $BASE', undefined],
  ['a stage on such a base', 'FROM debian AS base\nFROM scratch AS other\nFROM base', undefined],
  [
    'a stage of the name of its own base',
    'FROM scratch AS other\nFROM debian AS debian',
    undefined,
  ],
  ['a health check', 'FROM scratch\nhealthcheck CMD ["/a"]', undefined],
  ['a shell', 'FROM scratch\nSHELL ["/a"]', undefined],
  ['what later builds do', 'FROM scratch\nONBUILD COPY a /a', undefined],
  ['a here-document', 'FROM debian\nRUN <<EOF\nFROM scratch\nEOF', undefined],
  ['another escape character', '# escape=`\nFROM scratch', undefined],
  ['a stage that there is not', 'FROM scratch', 'none'],
  ['no stage', '', undefined],
])('is Docker’s, which keeps all, for %s', (_what, dockerfile, target) =>
  expect(imageFormat(dockerfile, target)).toBe('docker'),
);
