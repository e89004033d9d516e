// Preloaded into Node, so that an aws-cdk-lib before 2.251 records a stack trace of each construct, and one before 2.260 the
// frames of a Python app in it. Both are frozen: later versions do it by themselves, and nothing is done to them.
"use strict";

const Module = require("module");
const compile = Module.prototype._compile;
const CORE = /[\\/]aws-cdk-lib[\\/]core[\\/]lib[\\/](?:private[\\/])?(cfn-element|stack-trace)\.js$/;

Module.prototype._compile = function (content, file, ...rest) {
  const [, name] = CORE.exec(file) || [];
  if (name === "cfn-element" && !content.includes("CREATION_STACK")) content = traceElements(content);
  if (name === "stack-trace" && process.env.JSII_AGENT && !content.includes("jsii.context.hostStackTrace")) appendHostFrames();
  return compile.call(this, content, file, ...rest);
};

// CDK_DEBUG=1 traces the elements of a template, and each of many times more tokens, which takes long: elements are enough.
// Where the switch is not found CDK_DEBUG stays; "on" is ours, whatever else is the user's.
function traceElements(content) {
  const changed = content.replace(/stackTrace:\s*(?:\(0,\s*)?debug_1(?:\(\))?\.debugModeEnabled\)?\(\)/, "stackTrace:true");
  if (changed === content) process.env.CDK_DEBUG = process.env.CDK_DEBUG || "on";
  else if (process.env.CDK_DEBUG === "on") delete process.env.CDK_DEBUG;
  return changed;
}

// jsii hands the frames of the host language over with each call (JSII_HOST_STACK_TRACES). CDK and constructs capture traces
// in plain objects; errors are left alone.
function appendHostFrames() {
  const capture = Error.captureStackTrace;

  Error.captureStackTrace = function (target, below) {
    const host = globalThis[Symbol.for("jsii.context.hostStackTrace")];
    if (!Array.isArray(host) || target instanceof Error) return capture.call(Error, target, below);
    const frames = host.map(([file, line, , name]) => `    at ${name} (${file}:${line})`);
    Object.defineProperty(target, "stack", {
      value: ["Error", ...frames].join("\n"), configurable: true, enumerable: true, writable: true,
    });
  };
}
