# Guides, installed in docdir.
dist_doc_DATA += \
	doc/devices.md \
	doc/engine.md \
	doc/failure-modes.md \
	doc/performance.md \
	doc/privilege.md \
	doc/protocol.md \
	doc/states.md
