from analyzer.websocket.registry cimport close_code_title, is_legal_close_code

cpdef tuple parse_close_body(framing, bytes body)
cpdef list close_violations(framing, long long version, bytes body)
cpdef invalid_utf8_at(bytes text)
