/** The smallest program for x86-64 Linux: an ELF header, one segment, `exit_group(0)`. */
export function programThatEnds(): Buffer {
  const code = Buffer.from('31ffb8e70000000f05', 'hex');
  const program = Buffer.alloc(120 + code.length);
  program.write('7f454c46020101', 0, 'hex');
  program.writeUInt16LE(2, 16);
  program.writeUInt16LE(62, 18);
  program.writeUInt32LE(1, 20);
  program.writeBigUInt64LE(0x400078n, 24);
  program.writeBigUInt64LE(64n, 32);
  program.writeUInt16LE(64, 52);
  program.writeUInt16LE(56, 54);
  program.writeUInt16LE(1, 56);
  program.writeUInt32LE(1, 64);
  program.writeUInt32LE(5, 68);
  program.writeBigUInt64LE(0x400000n, 80);
  program.writeBigUInt64LE(0x400000n, 88);
  program.writeBigUInt64LE(BigInt(program.length), 96);
  program.writeBigUInt64LE(BigInt(program.length), 104);
  program.writeBigUInt64LE(0x1000n, 112);
  code.copy(program, 120);
  return program;
}
