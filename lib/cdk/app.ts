// What cdk.json runs: `npx cdk deploy`. With `-c retain=false` nothing survives `cdk destroy`.
import { App, RemovalPolicy } from 'aws-cdk-lib'
import { MillraceStack } from './millrace-stack.ts'

const app = new App()
const retain: unknown = app.node.tryGetContext('retain')
new MillraceStack(app, 'Millrace', { removalPolicy: retain === false || retain === 'false' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN })
