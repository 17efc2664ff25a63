"""Resources (应急资源): the site's list, what is sent to which incident, stock, requisitions, and their domain."""
