-- A chat request of 1 kB, another one each time: wrk -t1 -c64 -d10s -s bench/wire/wrk.lua http://127.0.0.1:8000
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer k"
local n = 0
local pad = string.rep("word ", 100)
request = function()
  n = n + 1
  local body = '{"model":"m","seed":' .. n .. ',"messages":[{"role":"system","content":"You write realistic, varied training data. Answer with one JSON object and nothing else."},{"role":"user","content":"Task: Buyers review a product.\\nLabels: \\"negative\\", \\"mixed\\", \\"positive\\"\\nExamples:\\n' .. pad .. '\\n\\nWrite one new record, unlike the examples, as one JSON object with the keys \\"label\\", \\"text\\".\\nLabel: \\"mixed\\" (good and bad)\\n\\n- product: raincoat\\n\\nRecord:"}],"temperature":1.0,"max_tokens":256}'
  return wrk.format(nil, "/v1/chat/completions", nil, body)
end
