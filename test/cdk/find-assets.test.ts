import { describe, expect, it } from 'vitest'
import { findAssets } from '../../lib/cdk/find-assets.ts'

const README = 'README.md'

describe('files that travel with a job', () => {
  it.each([
    ['a named import', `import{asset,json}from"millrace";var a=()=>asset("${README}").text()`, [README]],
    ['a renamed import', `import{json,asset as a$1}from"millrace";a$1("${README}")`, [README]],
    ['the whole module', `import*as m from"millrace";m.asset("${README}")`, [README]],
    [
      'several, once each, in order',
      `import{asset}from"millrace";asset("package.json");asset("./${README}");asset("${README}")`,
      ['README.md', 'package.json'].sort(),
    ],
    [
      'two modules that import it',
      `import{asset}from"millrace";asset("${README}");import{asset as b}from"millrace";b("package.json")`,
      [README, 'package.json'],
    ],
    ['a function of the user that is called asset', `var asset=(x)=>x;asset(1)`, []],
    ['a method of that name', `import{asset}from"millrace";shop.asset(7);asset("${README}")`, [README]],
    ['a csvTable', `import{csvTable}from"millrace/tables";csvTable("${README}",{key:"a"})`, [README]],
    ['a table by another name', `import{jsonTable as j,csvTable}from"millrace/tables";j("${README}",{})`, [README]],
    ['tables of a whole module', `import*as t from"millrace/tables";t.parquetTable("${README}",{})`, [README]],
    ['tables in S3, which stay there', 'import{csvTable}from"millrace/tables";csvTable("s3://b/k.csv",{});csvTable(`s3://${bucket}/k.csv`,{})', []],
    ['a DynamoDB table', 'import{dynamoTable}from"millrace/tables";dynamoTable(name,{})', []],
    ['none', `import{json}from"millrace"`, []],
  ])('%s', (_name, code, expected) => {
    expect(findAssets('job.ts', code)).toEqual(expected)
  })

  it.each([
    ['a path that is computed', 'import{asset}from"millrace";asset(`data/${name}.json`)', /job\.ts' calls asset\(.*the path must be a plain string/],
    ['a string that goes on', 'import{asset}from"millrace";asset("data/"+name)', /the path must be a plain string/],
    ['a table whose path is computed', 'import{csvTable}from"millrace/tables";csvTable(path,{})', /calls csvTable\(.*a plain string, or begin with s3/],
    ['a file that is not there', 'import{asset}from"millrace";asset("data/none.json")', /reads asset\('data\/none\.json'\), and there is no such file/],
  ])('refuses %s', (_name, code, message) => {
    expect(() => findAssets('job.ts', code)).toThrow(message)
  })
})
