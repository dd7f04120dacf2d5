import { parseFormatDiff } from '../../../actions/terraform-layer/check/format.js';

it('names the first line of each file that is not formatted', () => {
  // As Terraform 1.11.4 prints it, for two files.
  const diff = `a/main.tf
--- old/a/main.tf
+++ new/a/main.tf
@@ -1,5 +1,5 @@
 locals {
   first = 1
-  second= 2
-  third   = 3
+  second = 2
+  third = 3
 }
b.tf
--- old/b.tf
+++ new/b.tf
@@ -10,2 +10,3 @@
 x = 1
+
 y = 2
@@ -20,2 +21,2 @@
-z=1
+z = 1
`;
  expect(parseFormatDiff(diff, 'live')).toEqual([
    { file: 'live/a/main.tf', line: 3 },
    { file: 'live/b.tf', line: 11 },
  ]);
});
