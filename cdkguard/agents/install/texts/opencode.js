// Asks cdkguard before each tool call of OpenCode: version 1 calls `server`, version 2 `setup`.
import { spawn } from "node:child_process"

const LAUNCHER = "cdkguard agents hook --host codex"
const SECONDS = 180
const SHELLS = ["bash", "shell"]
const WRITERS = ["write", "edit", "patch", "apply_patch", "multiedit"]

function payload(tool, args, directory, session) {
  const name = SHELLS.includes(tool) ? "Bash" : tool === "write" ? "Write" : WRITERS.includes(tool) ? "Edit" : tool
  const input = { ...args, command: args.command, file_path: args.filePath ?? args.file_path }
  return { hook_event_name: "PreToolUse", session_id: session ?? "", cwd: args.workdir ?? directory, tool_name: name, tool_input: input }
}

function ask(text) {
  return new Promise((resolve) => {
    const child = spawn(LAUNCHER, { shell: true, stdio: ["pipe", "pipe", "pipe"] })
    let out = "", err = ""
    const timer = setTimeout(() => { child.kill(); resolve({ status: 2, out: "", err: "cdkguard did not answer in time" }) }, SECONDS * 1000)
    child.stdout.on("data", (piece) => { out += piece })
    child.stderr.on("data", (piece) => { err += piece })
    child.stdin.on("error", () => {})
    child.on("error", (problem) => { clearTimeout(timer); resolve({ status: 2, out: "", err: `cdkguard could not be started: ${problem.message}` }) })
    child.on("close", (status) => { clearTimeout(timer); resolve({ status, out, err }) })
    child.stdin.end(text)
  })
}

async function judge(tool, args, directory, session) {
  if (!SHELLS.includes(tool) && !WRITERS.includes(tool) && !/aws/i.test(tool)) return
  const { status, out, err } = await ask(JSON.stringify(payload(tool, args ?? {}, directory, session)))
  if (status !== 0) throw new Error(err.trim() || `cdkguard could not judge this (exit status ${status})`)
  if (!out.trim()) return
  let answer
  try { answer = JSON.parse(out).hookSpecificOutput } catch { throw new Error(`cdkguard answered what is no JSON: ${out.slice(0, 200)}`) }
  if (answer?.permissionDecision === "deny" || answer?.permissionDecision === "ask") throw new Error(answer.permissionDecisionReason || "cdkguard says no")
}

export default {
  id: "cdkguard",
  async server({ directory, worktree }) {
    return {
      "tool.execute.before": async (input, output) => judge(input.tool, output.args, directory ?? worktree, input.sessionID),
    }
  },
  async setup(context) {
    await context.tool.hook("execute.before", async (event) => {
      const session = await context.session.get({ sessionID: event.sessionID })
      await judge(event.tool, event.input, session?.location?.directory ?? process.cwd(), event.sessionID)
    })
  },
}
