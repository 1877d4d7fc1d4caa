import StrictJSON
import Testing

@Suite("JSON")
struct StrictJSONTests {
  private func object(_ text: String) throws -> JSONObject { try JSONObject(parsing: text.utf8) }

  @Test("Values of every kind, in any spacing")
  func values() throws {
    let json = try object(
      " {\"a\" : \"x\\u00fc\\n\\ud83e\\udd94\" ,\r\n\t\"b\":-12,\"c\":true,\"d\":null,\"e\":[{},[1.5e3]],\"f\":{\"g\":0}} "
    )
    #expect(try json.string("a") == "xü\n🦔")
    #expect(try json.integer("b", as: Int.self) == -12)
    #expect(try json.bool("c") == true)
    #expect(try json.string("d") == nil)
    #expect(!json.has("d") && json.has("c"))
    #expect(try json.array("e")?.count == 2)
    #expect(try json.object("f")?.integer("g", as: UInt64.self) == 0)
    #expect(try json.string("missing") == nil)
  }

  @Test("Keys are matched exactly, however they are escaped")
  func keys() throws {
    let json = try object(#"{"TREE_DIGEST":"1","treeDigest":"2","tree_digest ":"3","tree\u005fdigest":"4"}"#)
    #expect(try json.string("tree_digest") == "4")
    #expect(try object(#"{"TREE_DIGEST":"1","treeDigest":"2"}"#).string("tree_digest") == nil)
  }

  @Test(
    "A key that is there twice is refused, at whatever depth",
    arguments: [
      #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":null}"#, #"{"a":1,"\u0061":1}"#, #"{"x":{"a":1,"a":2}}"#,
      #"{"x":[{"a":1,"a":2}]}"#,
    ])
  func duplicates(text: String) {
    #expect(throws: JSONError.self) { try object(text) }
  }

  @Test(
    "What is no JSON is refused",
    arguments: [
      "", " ", "{", "}", "{}x", "{} {}", "[]", "1", "null", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}",
      "{'a':1}",
      "{\"a\":01}", "{\"a\":+1}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":-}", "{\"a\":1e}", "{\"a\":NaN}", "{\"a\":tru}",
      "{\"a\":\"\u{1}\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}",
      "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"x}", "{\"a\":1 \"b\":2}", "{\"a\":1/*x*/}", "\u{FEFF}{}",
      "{\"a\":" + String(repeating: "1", count: 200) + "}",
    ])
  func malformed(text: String) {
    #expect(throws: JSONError.self) { try object(text) }
  }

  @Test("Bytes that are no UTF-8 are refused")
  func invalidUTF8() {
    #expect(throws: JSONError.self) { try JSONObject(parsing: Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)) }
  }

  @Test("A value of another kind than what is asked for is an error, and so is a number that does not fit")
  func kinds() throws {
    let json = try object(#"{"text":"1","number":1,"large":256,"negative":-1,"fraction":1.5,"list":[1],"object":{}}"#)
    #expect(throws: JSONError.self) { try json.integer("text", as: Int.self) }
    #expect(throws: JSONError.self) { try json.string("number") }
    #expect(throws: JSONError.self) { try json.integer("large", as: UInt8.self) }
    #expect(throws: JSONError.self) { try json.integer("negative", as: UInt64.self) }
    #expect(throws: JSONError.self) { try json.integer("fraction", as: Int.self) }
    #expect(throws: JSONError.self) { try json.objects("list") }
    #expect(throws: JSONError.self) { try json.array("object") }
    #expect(throws: JSONError.self) { try json.bool("number") }
  }

  @Test("Nesting and the number of keys are bounded")
  func bounds() throws {
    func nested(_ depth: Int) -> String {
      "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
    }
    _ = try object(nested(31))
    #expect(throws: JSONError.self) { try object(nested(32)) }
    #expect(throws: JSONError.self) { try object(String(repeating: "{\"a\":", count: 1 << 18)) }
    func keys(_ count: Int) -> String { "{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}" }
    #expect(try object(keys(1000)).members.count == 1000)
    #expect(throws: JSONError.self) { try object(keys(1001)) }
  }

  @Test("A long string is read whole")
  func longString() throws {
    let text = String(repeating: "0123456789abcdef", count: 1 << 16)
    #expect(try object("{\"a\":\"\(text)\"}").string("a") == text)
  }
}
