# Manual pages: dist_man_MANS += man/...
dist_man_MANS += \
	man/libvifclient.3 \
	man/vif-plugin.3 \
	man/vifctl.8 \
	man/vifd.8 \
	man/vifd.yaml.5
