// Asks iam-simulate about every case of the guardrails. Run by hand, in a folder of its own, since its licence (AGPL) keeps it out of the suite:
//
//   npm install @cloud-copilot/iam-simulate@0.1.173
//   python CHECKOUT/tests/src/templates/guardrails/by_ministack.py <asked.json >judged.json   # in .local/venv
//   node by_iam_simulate.mjs asked.json judged.json
//
// asked.json is the list that by_ministack.py reads: each cases.json, with the text of its template as "template". The documents are those
// that ministack's CloudFormation makes of the templates.

import { readFileSync } from 'node:fs'
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'

const [asked, judged] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path)))
const ACCOUNT = '111122223333'
const ALLOW = { Effect: 'Allow', Action: '*', Resource: '*' }
const everything = { name: 'everything', policy: { Version: '2012-10-17', Statement: [ALLOW] } }
// The account decides who uses a key, as KMS writes it into the policy of a new one.
const keyPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }]
}

function simulation(policy, document, it) {
  const told = Object.entries(it.context).find(([name]) => name.toLowerCase() === 'aws:principalarn')?.[1]
  const caller = it.caller ?? told ?? `arn:aws:iam::${ACCOUNT}:role/developer`
  const own = { name: 'own', policy: document }
  const othersAllow = policy.others_allow === 'everything'
  const resource = { resource: it.resource, accountId: ACCOUNT }
  const principal = caller === 'anonymous' ? anonymousPrincipal : caller
  const made = {
    request: { principal, action: it.action, resource, contextVariables: it.context },
    identityPolicies: [], serviceControlPolicies: [], resourceControlPolicies: []
  }
  if (policy.type === 'identity') made.identityPolicies = othersAllow ? [own, everything] : [own]
  if (policy.type === 'scp') {
    made.identityPolicies = [everything]
    made.serviceControlPolicies = [{ orgIdentifier: 'root', policies: [everything, own] }]
  }
  if (policy.type === 'resource') {
    // A policy of ECR has no resources.
    const { Resource, ...allow } = ALLOW
    const other = { Sid: 'Others', Principal: '*', ...allow, ...(policy.policy === 'Repository' ? {} : { Resource }) }
    made.resourcePolicy = { ...document, Statement: othersAllow ? [...document.Statement, other] : document.Statement }
    made.identityPolicies = caller.startsWith('arn:') ? [everything] : []
  } else if (it.action.startsWith('kms:') && it.resource !== '*') {
    made.resourcePolicy = keyPolicy
  }
  return made
}

let agree = 0
const others = []
for (const [index, guardrail] of asked.entries()) {
  for (const policy of guardrail.policies) {
    for (const it of policy.cases) {
      const said = await runSimulation(simulation(policy, judged[index].documents[policy.policy], it), { simulationMode: 'Strict' })
      const result = said.overallResult ?? said.result?.analysis?.result ?? said.analysis?.result ?? JSON.stringify(said.errors)
      const verdict = result === 'Allowed' ? 'allow' : /Denied$/.test(result) ? 'deny' : result
      if (verdict === it.verdict) agree += 1
      else others.push(`${policy.policy}: ${it.is} (${it.action}): ${verdict}, and the case is ${it.verdict}`)
    }
  }
}
console.log(`${agree} agree, ${others.length} do not`, others)
