// What the client needs and Node 20 lacks, and no words of its own on our output.

// From Node 22 on it is there.
Promise.withResolvers ??= function withResolvers() {
  let resolve, reject;
  const promise = new this((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

// The library speaks through these; the output carries answers and nothing else.
for (const each of ["debug", "info", "log", "trace"]) console[each] = () => {};
console.warn = (...said) => process.stderr.write(`${said.join(" ")}\n`);
console.error = console.warn;
